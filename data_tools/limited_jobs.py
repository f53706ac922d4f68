"""What a limited child can be asked to do: job -> module and function, imported in the child alone.

A job takes the path of a file or folder and a request of plain values, and yields the values that limited_wire packs.
It writes nothing; what it yields is all that comes back.
"""

JOBS = {
    "demo": "data_tools.hdf5_limited:demo",
    "tasks": "data_tools.hdf5_limited:tasks",
    "survey": "data_tools.hdf5_survey:survey",
    "salvage": "data_tools.hdf5_salvage:survey",
    "film": "data_tools.film_jobs:film",
    "film_survey": "data_tools.film_jobs:survey",
    "film_part": "data_tools.film_jobs:part",
    "data_set": "data_tools.convert.limited:read_demos",
    "data_set_survey": "data_tools.convert.limited:read_survey",
}
"""Job -> `module:function`."""
