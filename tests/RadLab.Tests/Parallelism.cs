// Many tests wait for processes and servers of their own, so more run at once than a small machine has cores. Those that look at the whole process ("process-wide") run alone.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
