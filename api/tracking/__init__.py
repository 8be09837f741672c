"""The tracking endpoint: the HTTP doors of Segment's, RudderStack's and PostHog's SDKs, which need no change."""
