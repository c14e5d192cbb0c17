"""A job of several processes, each of which runs the same tests: rank 0 measures, all work.

Ranks wait for each other in collectives, so all of them must make the same number of calls. Rank 0
decides how many, as in any measurement; the others make as many and get its figures and verdict.
"""
