using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>A session in a folder of its own, and what its cells gave and showed.</summary>
internal sealed class CellSession : IDisposable
{
    public CellSession() => Session = new Session(Folder.Path);

    public TemporaryFolder Folder { get; } = new();

    public CellOutputs Output { get; } = new();

    public Session Session { get; }

    /// <summary>Of the last cell; every cell must succeed.</summary>
    public async Task<object?> ValueOf(params string[] cells)
    {
        CellResult? last = null;
        foreach (string cell in cells)
        {
            last = await Session.RunAsync(cell, Output);
            Assert.True(last.Succeeded, last.Error?.ToString() + string.Join('\n', last.Error?.Traceback ?? []));
        }
        return last!.Value;
    }

    public async Task<CellError> ErrorOf(string cell) => (await Session.RunAsync(cell, Output)).Error!;

    public void Dispose()
    {
        Session.Dispose();
        Folder.Dispose();
    }
}
