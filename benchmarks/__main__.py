"""``make bench``: what a record and a call cost. ``benchmarks.upgrade`` stands apart, since it takes long."""

from benchmarks import records, scope

records.main()
scope.main()
