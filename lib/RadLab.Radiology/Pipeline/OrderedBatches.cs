namespace RadLab.Radiology;

/// <summary>Works on batches with several threads and hands the results out in the order of the batches. At most a few batches are in memory.</summary>
internal static class OrderedBatches
{
    public static IEnumerable<TOut> Select<TIn, TOut>(IEnumerable<TIn> source, int batch, int threads, Func<TIn[], TOut> work, CancellationToken cancellation)
    {
        if (threads == 1)
        {
            foreach (var items in source.Chunk(batch))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return work(items);
            }
            yield break;
        }
        var running = new Queue<Task<TOut>>();
        foreach (var items in source.Chunk(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            running.Enqueue(Task.Run(() => work(items), cancellation));
            if (running.Count >= 2 * threads) yield return running.Dequeue().GetAwaiter().GetResult();
        }
        while (running.TryDequeue(out var task)) yield return task.GetAwaiter().GetResult();
    }
}
