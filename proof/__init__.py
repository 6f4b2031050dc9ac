"""`make prove`: the whole house as separate processes, two thousand payments, everything failing, and what must hold at the end.

Production never imports this package and no image carries it: the points at which processes are killed, the guards that are taken
away for the controls and the faster timetable are put into our processes from here (`proof.settings`), not built into them.
"""
