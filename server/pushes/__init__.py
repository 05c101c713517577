"""推送: what WeChat tells us of its own accord: kept at once, handled by the worker."""
