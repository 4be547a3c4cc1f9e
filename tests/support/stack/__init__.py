"""The private servers of tools/stack: what they need (fetch), how each starts, is asked and stops (parts), and which run (state)."""
