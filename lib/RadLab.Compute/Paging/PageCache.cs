using System.Globalization;

namespace RadLab.Compute;

/// <summary>
/// Which pages of a <see cref="PageFile"/> are mapped: never more bytes than the budget. The page that was used longest ago goes first; a thread of its own
/// brings in those that follow the one in use, so a pass over all of them seldom waits. Nothing that a page holds depends on when it came or went.
/// </summary>
internal sealed unsafe partial class PageCache : IDisposable
{
    private enum Presence : byte { Away, Coming, Here }

    private struct Page
    {
        public long Offset, Length;
        public PageView View;
        public int Leases;
        public Presence Presence;

        // neighbours in the order of last use, of the pages that are here
        public int Older, Newer;
    }

    private const int None = -1;

    // systems bound the number of mappings of a process (Linux by default to 65,530)
    private const int MostMapped = 16 * 1024;

    private readonly object _gate = new();
    private readonly PageFile _file;
    private readonly Page[] _pages;
    private readonly long _budget;
    private int _oldest = None, _newest = None;
    private long _mapped;
    private int _mappedPages;
    private int _coming;
    private bool _disposed;

    /// <param name="lengths">Of each page, in the order in which they are used, each at most half of the budget.</param>
    public PageCache(string folder, long budgetBytes, ReadOnlySpan<long> lengths, bool views = false)
    {
        _budget = budgetBytes;
        _pages = new Page[lengths.Length];
        long offset = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            long length = (lengths[i] + PageFile.Granularity - 1) / PageFile.Granularity * PageFile.Granularity;
            if (length > budgetBytes / 2)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"PageCache: a page must have at most half of the budget of {budgetBytes:N0} bytes, got {length:N0}; take smaller pages or a larger budget."));
            _pages[i] = new Page { Offset = offset, Length = length, Older = None, Newer = None };
            offset += length;
        }
        TotalBytes = offset;
        _file = new PageFile(folder, offset, views);
        StartFetching();
    }

    public string FileName => _file.Name;

    /// <summary>Of all pages, whole units of the system.</summary>
    public long TotalBytes { get; }

    /// <summary>Of the pages that are mapped now.</summary>
    public long MappedBytes
    {
        get { lock (_gate) return _mapped; }
    }

    /// <summary>The most there has been.</summary>
    public long PeakMappedBytes { get; private set; }

    public bool IsMapped(int page)
    {
        lock (_gate) return _pages[page].Presence == Presence.Here;
    }

    /// <summary>Where the page is until <see cref="Release"/>; brings it in if need be.</summary>
    public byte* Acquire(int page)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ref var p = ref _pages[page];
            while (p.Presence != Presence.Here)
            {
                if (p.Presence == Presence.Coming || (!MakeRoom(p.Length, fetching: false) && _coming > 0))
                {
                    Monitor.Wait(_gate);
                    continue;
                }
                if (_mapped + p.Length > _budget)
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                        $"PageCache: {p.Length:N0} more bytes would pass the budget of {_budget:N0}, and all {_mapped:N0} that are mapped are in use; release some first."));
                Map(ref p);
                p.Presence = Presence.Here;
                Append(page);
            }
            p.Leases++;
            Unlink(page);
            Append(page);
            FetchAfter(page);
            return p.View.Pointer;
        }
    }

    public void Release(int page)
    {
        lock (_gate)
        {
            if (--_pages[page].Leases > 0) return;
            // the page may make room for one that is to come
            _idle = false;
            Monitor.PulseAll(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            Monitor.PulseAll(_gate);
            while (_coming > 0) Monitor.Wait(_gate);
            for (int i = 0; i < _pages.Length; i++)
                if (_pages[i].Presence == Presence.Here) Unmap(i);
        }
        _file.Dispose();
    }

    // True when that many bytes may be mapped now. For a page that is only fetched ahead none is sent away that is needed sooner.
    private bool MakeRoom(long bytes, bool fetching)
    {
        while (_mapped + bytes > _budget || _mappedPages == MostMapped)
        {
            int victim = _oldest;
            while (victim != None && _pages[victim].Leases > 0) victim = _pages[victim].Newer;
            if (victim == None || (fetching && IsAhead(victim))) return false;
            Unmap(victim);
        }
        return true;
    }

    private void Map(ref Page p)
    {
        p.View = _file.Map(p.Offset, p.Length);
        _mapped += p.Length;
        _mappedPages++;
        PeakMappedBytes = Math.Max(PeakMappedBytes, _mapped);
    }

    private void Unmap(int page)
    {
        ref var p = ref _pages[page];
        Unlink(page);
        p.Presence = Presence.Away;
        _mapped -= p.Length;
        _mappedPages--;
        var view = p.View;
        p.View = default;
        PageFile.Unmap(view, p.Length);
    }

    private void Append(int page)
    {
        _pages[page].Older = _newest;
        if (_newest != None) _pages[_newest].Newer = page;
        else _oldest = page;
        _newest = page;
    }

    private void Unlink(int page)
    {
        ref var p = ref _pages[page];
        if (p.Older != None) _pages[p.Older].Newer = p.Newer;
        else _oldest = p.Newer;
        if (p.Newer != None) _pages[p.Newer].Older = p.Older;
        else _newest = p.Older;
        p.Older = p.Newer = None;
    }
}
