using System.Text;

namespace RadLab.Radiology;

/// <summary>Pieces of a text that fit into memory whatever the file's size; a piece ends with a line, or inside a line longer than a piece at a blank.</summary>
internal static class TextBlocks
{
    /// <summary>The pieces with the line and column at which they begin, from 1.</summary>
    /// <param name="length">Characters at most, about.</param>
    /// <param name="single">One line a piece, as JSON lines want it.</param>
    public static IEnumerable<(string Text, long Line, int Column)> Read(TextReader reader, int length, bool single)
    {
        var block = new StringBuilder();
        var buffer = new char[8192];
        long line = 1, nextLine = 1;
        int column = 1, nextColumn = 1, got;
        while ((got = reader.Read(buffer, 0, buffer.Length)) > 0)
        {
            for (int i = 0; i < got; i++)
            {
                char c = buffer[i];
                block.Append(c);
                nextColumn++;
                if (c == '\n') (nextLine, nextColumn) = (nextLine + 1, 1);
                bool full = block.Length >= length, ends = c == '\n' && (single || full);
                if (!ends && !(full && char.IsWhiteSpace(c)) && block.Length < length + 4096) continue;
                yield return (block.ToString(), line, column);
                block.Clear();
                (line, column) = (nextLine, nextColumn);
            }
        }
        if (block.Length > 0) yield return (block.ToString(), line, column);
    }
}
