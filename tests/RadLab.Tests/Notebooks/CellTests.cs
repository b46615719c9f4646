using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>Tests of cells: a session in a folder of its own, and what its cells gave and showed.</summary>
public abstract class CellTests : IDisposable
{
    private protected CellTests() => Session = new Session(Folder.Path);

    private protected TemporaryFolder Folder { get; } = new();

    private protected CellOutputs Output { get; } = new();

    private protected Session Session { get; }

    /// <summary>Of the last cell; every cell must succeed.</summary>
    private protected async Task<object?> ValueOf(params string[] cells)
    {
        CellResult? last = null;
        foreach (string cell in cells)
        {
            last = await Session.RunAsync(cell, Output);
            Assert.True(last.Succeeded, last.Error?.ToString() + string.Join('\n', last.Error?.Traceback ?? []));
        }
        return last!.Value;
    }

    private protected async Task<CellError> ErrorOf(string cell) => (await Session.RunAsync(cell, Output)).Error!;

    public void Dispose()
    {
        Session.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
