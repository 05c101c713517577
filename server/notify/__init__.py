"""通知: messages leave by a transactional outbox; the worker alone delivers them."""
