# SPDX-License-Identifier: MIT
"""What the plugins of regal.rollout share: plain Python that knows nothing of Ansible's code."""
