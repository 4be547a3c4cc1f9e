"""The private servers of tools/stack: what they are made of (fetch), how each starts, answers and stops (parts, trino), and which run (state)."""
