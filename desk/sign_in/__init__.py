"""How staff come in: a lock after wrong passwords, a second step for those who move money, sessions that end."""
