"""A local WeChat: what api.weixin.qq.com does, to the error code, plus a control plane under /_sandbox/.

One file a group of endpoints, each a Flask blueprint named in app.GROUPS; a new endpoint goes into its group's file.
README.md has the orders of the control plane.
"""
