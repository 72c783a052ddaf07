"""Every Python that starts with this folder in PYTHONPATH imports what each of Ansible's modules does, from where it is compiled.

A module comes as a zip file of sources, and compiles 10,000 lines before it does anything: two thirds of its time.
"""

try:
    import ansible.module_utils.basic  # noqa: F401
except ImportError:
    pass
