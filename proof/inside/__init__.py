"""What is put into our own processes: named points at which they kill themselves, guards taken away, a faster timetable."""
