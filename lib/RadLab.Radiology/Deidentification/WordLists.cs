namespace RadLab.Radiology;

/// <summary>The lists of <c>Words/*.txt</c>, embedded in the assembly.</summary>
internal static class WordLists
{
    /// <summary>The lines of a list without comments.</summary>
    public static IEnumerable<string> Lines(string list)
    {
        using var stream = typeof(WordLists).Assembly.GetManifestResourceStream("Deidentification." + list)
            ?? throw new InvalidOperationException($"De-identification: the embedded word list {list} is missing from the assembly; build RadLab.Radiology again.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && line[0] != '#') yield return line;
    }
}
