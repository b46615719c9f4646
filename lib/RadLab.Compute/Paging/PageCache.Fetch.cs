namespace RadLab.Compute;

internal sealed unsafe partial class PageCache
{
    // Pages _at + 1 to _next - 1, counted on beyond the last one into the next pass, are here or coming; at most _ahead bytes of them.
    private long _at, _next;
    private long _ahead;
    private bool _idle;

    private void StartFetching()
    {
        // more than this hides no more waiting, it only takes room from what was just used
        _ahead = Math.Min(_budget / 2, 64L << 20);
        (_at, _next) = (-1, 0);
        new Thread(Fetch) { IsBackground = true, Name = "radlab-pages" }.Start();
    }

    /// <summary>Until nothing more is to be fetched; for tests.</summary>
    internal void WaitForFetching()
    {
        lock (_gate)
            while (!_idle) Monitor.Wait(_gate);
    }

    private void FetchAfter(int page)
    {
        long distance = (page - _at % _pages.Length + _pages.Length) % _pages.Length;
        if (_at >= 0 && distance == 0) return;
        if (_at >= 0 && _at + distance < _next)
        {
            _at += distance;
        }
        else
        {
            // another place than expected: from there on
            _at = page;
            _next = page + 1;
        }
        _idle = false;
        Monitor.PulseAll(_gate);
    }

    private bool IsAhead(int page) => _at >= 0 && (page - _at % _pages.Length + _pages.Length) % _pages.Length is > 0 and var distance && _at + distance < _next;

    private long Position(long index) => index / _pages.Length * TotalBytes + _pages[index % _pages.Length].Offset;

    private void Fetch()
    {
        lock (_gate)
        {
            while (!_disposed)
            {
                bool more = _at >= 0 && _next - _at < _pages.Length && Position(_next + 1) - Position(_at + 1) <= _ahead;
                if (!more || !FetchOne((int)(_next % _pages.Length)))
                {
                    _idle = true;
                    Monitor.PulseAll(_gate);
                    Monitor.Wait(_gate);
                }
            }
        }
    }

    // Under the gate, which is left while the page comes in.
    private bool FetchOne(int page)
    {
        if (_pages[page].Presence == Presence.Away)
        {
            try
            {
                if (!MakeRoom(_pages[page].Length, fetching: true)) return false;
                Map(ref _pages[page]);
            }
            catch (IOException)
            {
                // no harm done: whoever needs the page tries again and is told
                return false;
            }
            _pages[page].Presence = Presence.Coming;
            _coming++;
            var (view, length) = (_pages[page].View, _pages[page].Length);
            Monitor.Exit(_gate);
            try
            {
                PageFile.Touch(view, length);
            }
            finally
            {
                Monitor.Enter(_gate);
                _coming--;
                _pages[page].Presence = Presence.Here;
                Append(page);
                Monitor.PulseAll(_gate);
            }
        }
        // the place may have changed meanwhile
        if (_next % _pages.Length == page && _next > _at) _next++;
        return true;
    }
}
