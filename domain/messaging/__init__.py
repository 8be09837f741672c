"""Messaging: the one way anything reaches a member — inbox, push, SMS, WeChat and e-mail."""
