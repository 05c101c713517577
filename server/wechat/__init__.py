"""The WeChat edge: the only importer of wechatpy. `sandbox/` is a faithful local WeChat."""
