namespace RadLab.Notebooks;

/// <summary>Takes what a running cell shows.</summary>
public interface ICellOutput
{
    /// <param name="stream">"stdout" or "stderr".</param>
    void Write(string stream, string text);

    /// <param name="id">Names the output for <see cref="Update"/>.</param>
    void Display(string id, MimeBundle content);

    void Update(string id, MimeBundle content);
}

/// <summary>An output behind which somebody can answer.</summary>
internal interface ICellInput
{
    /// <param name="secret">What is typed shall not be seen.</param>
    string Ask(string prompt, bool secret);
}

/// <summary>Which output belongs to the code that is running now.</summary>
internal static class CellOutput
{
    private static readonly AsyncLocal<ICellOutput?> s_current = new();

    /// <summary>Taken by code outside every cell's flow, such as a thread that native code started. Only the process that runs one notebook sets it.</summary>
    public static ICellOutput? Fallback { get; set; }

    public static ICellOutput? Current => s_current.Value ?? Fallback;

    /// <summary>From here on the caller's flow, and what it starts, writes to <paramref name="output"/>; until disposed.</summary>
    public static IDisposable Begin(ICellOutput output)
    {
        var before = s_current.Value;
        s_current.Value = output;
        return new Restore(before);
    }

    private sealed class Restore(ICellOutput? before) : IDisposable
    {
        public void Dispose() => s_current.Value = before;
    }
}
