"""RongQiao (融桥): what the platform knows and does, floor by floor. See docs/architecture.md."""
