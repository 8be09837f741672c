"""Tracking: the shapes in which the SDKs of Segment, RudderStack and PostHog report, read into items of reporting."""
