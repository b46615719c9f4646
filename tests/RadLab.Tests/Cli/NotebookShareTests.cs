using RadLab.Cli;

namespace RadLab.Tests;

public sealed class NotebookShareTests
{
    [Theory]
    [InlineData(null, 9, 2, 16, 2, 1)]
    [InlineData(null, 9, 16, 64, 9, 1)]
    [InlineData(null, 3, 16, 64, 3, 5)]
    [InlineData(null, 9, 8, 2, 2, 4)]   // memory for two
    [InlineData(null, 9, 8, 0, 1, 8)]
    [InlineData(null, 1, 2, 16, 1, 2)]
    [InlineData(null, 0, 4, 16, 1, 4)]
    [InlineData(4, 9, 2, 1, 4, 1)]      // as asked
    [InlineData(1, 9, 2, 16, 1, 2)]
    [InlineData(64, 9, 18, 16, 9, 2)]
    public void Processes_and_their_threads_never_exceed_what_there_is_unless_asked(int? asked, int notebooks, int threads, int memoryGiB, int processes, int each) =>
        Assert.Equal(new NotebookShare(processes, each), NotebookShare.Of(asked, notebooks, threads, (long)memoryGiB << 30));

    [Fact]
    public async Task Results_come_in_order_and_no_more_run_than_are_allowed()
    {
        int running = 0, most = 0;
        var order = new List<int>();
        var results = await NotebookShare.RunAsync(6, 3, async (i, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(i % 2 == 0 ? 60 : 5, CancellationToken.None);
            Interlocked.Decrement(ref running);
            return i;
        }, order.Add, CancellationToken.None);
        Assert.Equal([0, 1, 2, 3, 4, 5], results);
        Assert.Equal(results, order);
        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task One_that_throws_stops_the_others_and_is_what_is_told()
    {
        var ended = new List<int>();
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => NotebookShare.RunAsync(5, 2, async (i, stop) =>
        {
            try
            {
                if (i == 1) throw new InvalidDataException("the second");
                await Task.Delay(-1, stop);
                return i;
            }
            finally
            {
                lock (ended) ended.Add(i);
            }
        }, _ => { }, CancellationToken.None));
        Assert.Equal("the second", thrown.Message);
        Assert.Equal([0, 1], ended.Order());
    }

    [Fact]
    public async Task A_caller_who_cancels_gets_control_back_when_nothing_runs_any_more()
    {
        using var cancel = new CancellationTokenSource();
        int running = 0;
        var all = NotebookShare.RunAsync(4, 2, async (i, stop) =>
        {
            Interlocked.Increment(ref running);
            try
            {
                await Task.Delay(-1, stop);
            }
            finally
            {
                await Task.Delay(100, CancellationToken.None);   // as long as a process takes to end
                Interlocked.Decrement(ref running);
            }
            return i;
        }, _ => { }, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(0, running);
    }
}
