using RadLab.Compute;

namespace RadLab.Tests;

public sealed class PagedTensorsTests : IDisposable
{
    private const long Budget = 1 << 20;
    private const int PageFloats = 32 * 1024;   // 128 KiB: eight pages fill the budget

    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private PagedTensors New(int pages, bool views = false) =>
        new(_engine, _folder.Path, Budget, [.. Enumerable.Repeat<(int, DType)[]>([(PageFloats - 100, DType.F32), (397, DType.U8)], pages)], views);

    [Theory, InlineData(false), InlineData(true)]
    public void Numbers_survive_while_their_pages_come_and_go(bool views)
    {
        using var paged = New(32, views);
        var order = new Random(7);
        var expected = new float[32];
        Assert.All(paged[31, 0].ToFloats(), v => Assert.Equal(0f, v));
        for (int pass = 0; pass < (views ? 4 : 40); pass++)   // .NET's views are flushed when they go, which is slow
        {
            for (int i = 0; i < 32; i++)
            {
                int page = pass % 2 == 0 ? i : order.Next(32);   // in order, and across
                using var floats = paged[page, 0].Acquire();
                using var bytes = paged[page, 1].Acquire();
                var f = paged[page, 0].AsSpan<float>();
                var b = paged[page, 1].AsSpan<byte>();
                Assert.Equal(expected[page], f[0]);
                Assert.Equal(expected[page], f[^1]);
                Assert.Equal((byte)expected[page], b[^1]);
                expected[page] += 1 + page % 3;
                f[0] = f[^1] = expected[page];
                b[^1] = (byte)expected[page];
            }
            Assert.InRange(paged.MappedBytes, 1, Budget);
        }
        Assert.InRange(paged.PeakMappedBytes, Budget / 2, Budget);
        Assert.InRange(paged.TotalBytes, 4 * Budget, long.MaxValue);
    }

    [Fact]
    public void Pages_that_follow_are_fetched_and_those_used_longest_ago_go()
    {
        using var paged = New(16);
        int[] Mapped() => [.. Enumerable.Range(0, 16).Where(paged.Cache.IsMapped)];
        void Use(int page)
        {
            using (paged[page, 0].Acquire()) { }
            paged.Cache.WaitForFetching();
        }
        Use(0);
        Assert.Equal([0, 1, 2, 3], Mapped());   // half of the budget ahead, but for what rounding to whole pages takes
        for (int page = 1; page <= 8; page++) Use(page);
        Assert.Equal([5, 6, 7, 8, 9, 10, 11], Mapped());
        for (int page = 9; page <= 15; page++) Use(page);
        Assert.Equal([0, 1, 2, 12, 13, 14, 15], Mapped());   // the next pass begins again at the first
    }

    [Fact]
    public void More_in_use_than_the_budget_allows_is_reported()
    {
        using var paged = New(16);
        paged.Cache.WaitForFetching();
        var e = Assert.Throws<InvalidOperationException>(() =>
        {
            for (int page = 0; page < 16; page++) _ = paged[page, 0].Acquire();
        });
        Assert.Equal("PageCache: 135,168 more bytes would pass the budget of 1,048,576, and all 946,176 that are mapped are in use; release some first.", e.Message);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Nothing_is_left_in_the_folder(bool views)
    {
        string folder = Path.Combine(_folder.Path, "made");
        using (var paged = new PagedTensors(_engine, folder, Budget, [[(1000, DType.F32)]], views))
        {
            paged[0, 0].CopyFrom(Make.Values(1000, seed: 1));
            Assert.Equal(Make.Values(1000, seed: 1), paged[0, 0].ToFloats());
            if (!OperatingSystem.IsWindows()) Assert.Empty(Directory.GetFiles(folder));   // a process that is killed leaves none either
        }
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Equal(0, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void A_disk_without_room_is_reported_before_anything_is_mapped()
    {
        int count = int.MaxValue / 4;
        var e = Assert.Throws<IOException>(() => new PagedTensors(_engine, _folder.Path, 1L << 50, [.. Enumerable.Repeat<(int, DType)[]>([(count, DType.I64)], 100_000)]));
        Assert.Matches(@"^PageFile: .*\.pages must have 429,496,729,600,000 bytes on its disk: [\d,]+ are free; free some, or choose another folder or a smaller optimizer state\.$", e.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    // the device that is always full: the system itself refuses, in the path of file systems that cannot reserve space
    [SkippableFact]
    public void A_disk_that_fills_up_while_zeros_are_written_is_reported()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        var e = Assert.Throws<IOException>(() => PageFile.Reserve(full, 3_000_000, "x.pages"));
        Assert.StartsWith("PageFile: x.pages must have 3,000,000 bytes on its disk: No space left on device", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        Assert.Equal("PagedTensors: budgetBytes must be 1,048,576 or more, got 1,000.", Assert.Throws<ArgumentException>(() => new PagedTensors(_engine, _folder.Path, 1000, [[(1, DType.F32)]])).Message);
        Assert.Equal("PagedTensors: pages must not be empty.", Assert.Throws<ArgumentException>(() => new PagedTensors(_engine, _folder.Path, Budget, [])).Message);
        Assert.Equal(
            "PageCache: a page must have at most half of the budget of 1,048,576 bytes, got 802,816; take smaller pages or a larger budget.",
            Assert.Throws<ArgumentException>(() => new PagedTensors(_engine, _folder.Path, Budget, [[(200_000, DType.F32)]])).Message);
        string file = _folder.Write("file", "");
        Assert.Throws<IOException>(() => new PagedTensors(_engine, file, Budget, [[(1, DType.F32)]]));
    }
}
