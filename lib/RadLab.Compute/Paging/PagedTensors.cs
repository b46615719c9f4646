using System.Globalization;

namespace RadLab.Compute;

/// <summary>
/// Tensors whose memory lies in a file and is mapped while a lease needs it: for optimizer states larger than the memory they may take. Their numbers are the
/// same, bit for bit, as those of tensors in memory.
/// </summary>
/// <remarks>
/// Tensors that are used together form a page, which comes and goes as a whole. Pages should be used in their order: the following ones are brought in
/// ahead by a thread. At most <see cref="BudgetBytes"/> are mapped at any time. A defect of the disk under a mapping ends the process, as it does for its program code.
/// </remarks>
public sealed class PagedTensors : IDisposable
{
    /// <summary>The smallest budget that makes sense.</summary>
    public const long SmallestBudget = 1 << 20;

    private readonly PageCache _cache;
    private readonly Tensor[][] _pages;

    /// <param name="folder">Where the file lies; it is made where it is missing. The file goes away with this object or with the process.</param>
    /// <param name="pages">The tensors of each page: elements and dtype; they are made of zeros, with one dimension.</param>
    /// <exception cref="IOException">The disk has no room for all of them, or the folder cannot be written to; nothing is left behind.</exception>
    public PagedTensors(Engine engine, string folder, long budgetBytes, IReadOnlyList<IReadOnlyList<(int Count, DType DType)>> pages) : this(engine, folder, budgetBytes, pages, views: false)
    {
    }

    internal PagedTensors(Engine engine, string folder, long budgetBytes, IReadOnlyList<IReadOnlyList<(int Count, DType DType)>> pages, bool views)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (budgetBytes < SmallestBudget)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"PagedTensors: budgetBytes must be {SmallestBudget:N0} or more, got {budgetBytes:N0}."));
        if (pages.Count == 0) throw new ArgumentException("PagedTensors: pages must not be empty.");

        _cache = new PageCache(folder, budgetBytes, [.. pages.Select(page => page.Sum(t => Aligned(t.Count, t.DType)))], views);
        BudgetBytes = budgetBytes;
        _pages = new Tensor[pages.Count][];
        for (int i = 0; i < pages.Count; i++)
        {
            _pages[i] = new Tensor[pages[i].Count];
            long offset = 0;
            for (int k = 0; k < pages[i].Count; k++)
            {
                var (count, dtype) = pages[i][k];
                _pages[i][k] = engine.NewPaged(new PagedPart(_cache, i, offset), Shape.Create([count]), dtype);
                offset += Aligned(count, dtype);
            }
        }
    }

    public long BudgetBytes { get; }

    /// <summary>What the file takes.</summary>
    public long TotalBytes => _cache.TotalBytes;

    /// <summary>What is mapped now.</summary>
    public long MappedBytes => _cache.MappedBytes;

    /// <summary>The most that was mapped at a time.</summary>
    public long PeakMappedBytes => _cache.PeakMappedBytes;

    /// <summary>Under which the system lists the mappings.</summary>
    public string FileName => _cache.FileName;

    public int Pages => _pages.Length;

    /// <summary>Belongs to this object.</summary>
    public Tensor this[int page, int tensor] => _pages[page][tensor];

    /// <summary>Bytes of a page that suits a budget: several fit, and each is worth a trip.</summary>
    public static long PageBytes(long budgetBytes) => Math.Clamp(budgetBytes / 8, SmallestBudget / 8, 8L << 20);

    internal PageCache Cache => _cache;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (var page in _pages)
            foreach (var t in page) t.Dispose();
        _cache.Dispose();
    }

    // for one that a notebook forgets: its thread would wait and its file stay for the life of the process
    ~PagedTensors() => _cache?.Dispose();

    // a cache line each, so that two tensors share none
    private static long Aligned(long count, DType dtype) => (count * dtype.Size() + 63) / 64 * 64;
}

/// <summary>Where one tensor lies in its page.</summary>
internal sealed unsafe class PagedPart(PageCache cache, int page, long offset) : IResidency
{
    // never the pool's: the many shares keep it from ever being returned there
    private readonly NativeBlock _block = new() { Shares = int.MaxValue };

    public NativeBlock Block => _block;

    public void Acquire(TensorState state)
    {
        _block.Pointer = cache.Acquire(page) + offset;
        state.Bind(_block);
    }

    public void Release(TensorState state)
    {
        state.Bind(null);
        _block.Pointer = null;
        cache.Release(page);
    }
}
