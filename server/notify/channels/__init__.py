"""The ways out of the outbox, a module each; what they have in common is in server/notify/channel.py."""
