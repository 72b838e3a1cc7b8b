"""One file a family of commands.

A handler takes the session and the command, puts untagged responses, and returns the reply that ends the command;
what it cannot do it refuses with `reply.Refusal`.
"""
