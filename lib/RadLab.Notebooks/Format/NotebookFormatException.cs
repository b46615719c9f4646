namespace RadLab.Notebooks;

/// <summary>A file that is not a notebook RadLab can read. The message is one line: file, place, problem, next step.</summary>
public sealed class NotebookFormatException : Exception
{
    public NotebookFormatException(string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner) { }
}
