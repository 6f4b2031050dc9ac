"""Mutation testing: one small fault at a time is put into the code that moves money, and the tests must notice each.

`make mutants` runs it; docs/mutation-testing.md says how, gives the score and explains what survived. Nothing imports this.
"""
