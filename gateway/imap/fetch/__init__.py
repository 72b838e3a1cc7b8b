"""FETCH: which items are asked for, what has to be read for them, and how they are sent."""
