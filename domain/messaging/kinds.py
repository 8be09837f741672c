"""Interactions that messaging causes."""

from __future__ import annotations

from domain.profile.catalogue import declare

SENT = declare("messaging.message.sent", zh="已发送消息", en="Was sent a message")
FAILED = declare("messaging.message.failed", zh="消息发送失败", en="A message could not be sent")
INBOX_READ = declare("messaging.inbox.read", zh="阅读收件箱", en="Read the inbox")
PREFERENCES_SET = declare(
    "messaging.preferences.set", zh="更改通知偏好", en="Changed what notices are wanted"
)
QUIET_HOURS_SET = declare("messaging.quiet_hours.set", zh="更改免打扰时段", en="Changed the quiet hours")
TOKEN_REGISTERED = declare(
    "messaging.push_token.registered", zh="开启推送", en="Registered a device for pushes"
)
TOKEN_DROPPED = declare("messaging.push_token.dropped", zh="关闭推送", en="Dropped a device for pushes")
