using System.Text;

namespace RadLab.Notebooks;

/// <summary>Sends <see cref="Console"/> output of a cell to that cell; everything else goes where it went before.</summary>
internal static class ConsoleRouting
{
    private static readonly Lock s_lock = new();
    private static bool s_installed;

    public static void Install()
    {
        lock (s_lock)
        {
            if (s_installed) return;
            Console.SetOut(new Writer("stdout", Console.Out));
            Console.SetError(new Writer("stderr", Console.Error));
            s_installed = true;
        }
    }

    private sealed class Writer(string stream, TextWriter otherwise) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        // A notebook has the same line ends on every system.
        public override string NewLine => "\n";

        public override void Write(char value) => Write(value.ToString());
        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));
        public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());
        public override void WriteLine() => Write("\n");
        public override void WriteLine(string? value) => Write(value + "\n");

        public override void Write(string? value)
        {
            if (string.IsNullOrEmpty(value)) return;
            if (CellOutput.Current is { } output) output.Write(stream, value);
            else otherwise.Write(value);
        }

        public override void Flush() => otherwise.Flush();
    }
}
