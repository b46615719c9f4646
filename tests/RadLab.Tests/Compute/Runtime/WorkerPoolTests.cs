using RadLab.Compute;

namespace RadLab.Tests;

public sealed unsafe class WorkerPoolTests
{
    /// <summary>Counts how often each item is computed, and by whom.</summary>
    private readonly struct CountKernel(int* counts, int* workers, int threads) : IRangeKernel
    {
        public void Run(long start, long end, int worker)
        {
            if ((uint)worker >= (uint)threads) throw new InvalidOperationException($"worker {worker} of {threads}");
            Interlocked.Increment(ref workers[worker]);
            for (long i = start; i < end; i++) Interlocked.Increment(ref counts[i]);
        }
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(8)]
    public void Every_chunk_of_many_tiny_jobs_runs_exactly_once(int threads)
    {
        using var engine = new Engine(new EngineOptions { Threads = threads });
        using var counts = engine.Zeros([64], DType.I32);
        using var workers = engine.Zeros([threads], DType.I32);
        using var lc = counts.Acquire();
        using var lw = workers.Acquire();
        var rng = new Random(threads);
        var expected = new int[64];
        for (int job = 0; job < 20_000; job++)
        {
            int items = rng.Next(0, 65), grain = rng.Next(1, 9);
            engine.For(new CountKernel(lc.I32, lw.I32, threads), items, grain);
            for (int i = 0; i < items; i++) expected[i]++;
            // the job is over when For returns, whichever worker took the last chunk
            if (job % 100 == 0) Assert.Equal(expected, counts.ToInts());
        }
        Assert.Equal(expected, counts.ToInts());
    }

    [Fact]
    public void Workers_that_went_to_sleep_wake_up_for_the_next_job()
    {
        using var engine = new Engine(new EngineOptions { Threads = 4 });
        using var counts = engine.Zeros([1000], DType.I32);
        using var workers = engine.Zeros([4], DType.I32);
        using var lc = counts.Acquire();
        using var lw = workers.Acquire();
        for (int job = 1; job <= 20; job++)
        {
            Thread.Sleep(5);
            engine.For(new CountKernel(lc.I32, lw.I32, 4), 1000, 1);
            Assert.All(counts.ToInts(), c => Assert.Equal(job, c));
        }
        engine.For(new MeetKernel { Arrived = lw.I32 }, 4, 1);
    }

    // ends only when all four threads are inside at once: a wake-up that gets lost would hang here
    private struct MeetKernel : IRangeKernel
    {
        public int* Arrived;

        public readonly void Run(long start, long end, int worker)
        {
            Interlocked.Add(ref *Arrived, 1_000_000);
            var until = DateTime.UtcNow.AddSeconds(20);
            while (Volatile.Read(ref *Arrived) < 4_000_000)
            {
                if (DateTime.UtcNow > until) throw new TimeoutException("not every worker woke up");
                Thread.Yield();
            }
        }
    }

    // the caller's own chunk ends as soon as the worker has begun, the worker's takes 10 ms more
    private struct LateKernel : IRangeKernel
    {
        public int* Started, Done;

        public readonly void Run(long start, long end, int worker)
        {
            Interlocked.Increment(ref *Started);
            var until = DateTime.UtcNow.AddSeconds(20);
            while (Volatile.Read(ref *Started) < 2 && DateTime.UtcNow < until) Thread.Yield();
            if (worker != 0) Thread.Sleep(10);
            Interlocked.Increment(ref *Done);
        }
    }

    [Fact]
    public void For_returns_only_when_the_last_worker_is_done()
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var state = engine.Zeros([2], DType.I32);
        using var lease = state.Acquire();
        for (int round = 0; round < 20; round++)
        {
            state.Clear();
            engine.For(new LateKernel { Started = lease.I32, Done = lease.I32 + 1 }, 2, 1);
            Assert.Equal([2, 2], state.ToInts());
        }
    }

    [Fact]
    public void Many_engines_with_many_jobs_at_once_lose_nothing()
    {
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, e =>
        {
            for (int round = 0; round < 20; round++)
            {
                using var engine = new Engine(new EngineOptions { Threads = 1 + (e + round) % 8 });
                using var counts = engine.Zeros([500], DType.I32);
                using var workers = engine.Zeros([8], DType.I32);
                using var lc = counts.Acquire();
                using var lw = workers.Acquire();
                for (int job = 0; job < 50; job++) engine.For(new CountKernel(lc.I32, lw.I32, engine.Threads), 500, 7);
                Assert.All(counts.ToInts(), c => Assert.Equal(50, c));
            }
        });
    }

    [Fact]
    public void Two_threads_that_share_an_engine_wait_for_each_other()
    {
        using var engine = new Engine(new EngineOptions { Threads = 3 });
        using var counts = engine.Zeros([2, 300], DType.I32);
        using var workers = engine.Zeros([3], DType.I32);
        using var lc = counts.Acquire();
        using var lw = workers.Acquire();
        var (c, w) = ((nint)lc.I32, (nint)lw.I32);
        Parallel.For(0, 2, t =>
        {
            for (int job = 0; job < 500; job++) engine.For(new CountKernel((int*)c + 300 * t, (int*)w, 3), 300, 7);
        });
        Assert.All(counts.ToInts(), n => Assert.Equal(500, n));
    }

    private readonly struct FaultyKernel(int* counts, long bad) : IRangeKernel
    {
        public void Run(long start, long end, int worker)
        {
            for (long i = start; i < end; i++)
            {
                if (i == bad) throw new InvalidDataException($"item {i}");
                Interlocked.Increment(ref counts[i]);
                Thread.SpinWait(50);
            }
        }
    }

    [Theory, InlineData(1), InlineData(4)]
    public void A_kernel_that_throws_on_any_thread_throws_at_the_caller_and_the_engine_goes_on(int threads)
    {
        using var engine = new Engine(new EngineOptions { Threads = threads });
        using var counts = engine.Zeros([400], DType.I32);
        using var workers = engine.Zeros([threads], DType.I32);
        using var lc = counts.Acquire();
        using var lw = workers.Acquire();
        for (int bad = 0; bad < 400; bad += 13)
        {
            string message = "";
            try { engine.For(new FaultyKernel(lc.I32, bad), 400, 1); }
            catch (InvalidDataException e) { message = e.Message; }
            Assert.Equal($"item {bad}", message);
            counts.Clear();
            engine.For(new CountKernel(lc.I32, lw.I32, threads), 400, 3);
            Assert.All(counts.ToInts(), c => Assert.Equal(1, c));
            counts.Clear();
        }
    }
}
