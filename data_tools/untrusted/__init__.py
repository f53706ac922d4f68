"""Broken and hostile files, made by seed, and what reading them does: the tools of `mil_core.untrusted_campaign`."""
