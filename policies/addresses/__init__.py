"""Mail addresses and domain names: one canonical form, or a refusal."""
