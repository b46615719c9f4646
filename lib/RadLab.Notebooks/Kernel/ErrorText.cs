using System.Text.Json.Nodes;

namespace RadLab.Notebooks;

/// <summary>A failure as notebooks show it: coloured with the escape codes that every Jupyter client understands.</summary>
internal static class ErrorText
{
    private const string Red = "\u001b[31m", Bold = "\u001b[1m", Blue = "\u001b[34m", Plain = "\u001b[0m";

    public static JsonArray Traceback(CellError error)
    {
        var lines = new JsonArray { $"{Red}{Bold}{error.Name}{Plain}: {error.Message}  {Blue}({error.Place}){Plain}" };
        // the first line of an exception's traceback repeats what the line above says
        foreach (string line in error.Traceback)
            if (!line.EndsWith($".{error.Name}: {error.Message}", StringComparison.Ordinal))
                lines.Add(line.TrimStart().StartsWith("at cell ", StringComparison.Ordinal) ? $"{Blue}{line}{Plain}" : line);
        return lines;
    }
}
