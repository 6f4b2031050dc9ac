"""How Paydesk is put to work, and the drills that show that it can be."""
