namespace RadLab.Models;

/// <summary>
/// Keeps bytes in a scratch file until the order of a checkpoint asks for them: a quantized weight is made once, but its parts lie far apart, and
/// the header in front of them tells the length of each.
/// </summary>
internal sealed class PartSpool(string path) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    /// <summary>Takes the bytes of a part now.</summary>
    /// <returns>The same part, reading from the scratch file until <see cref="Clear"/>.</returns>
    public CheckpointPart Keep(CheckpointPart part)
    {
        long at = _file.Position = _file.Length, end;
        part.Write(bytes => _file.Write(bytes));
        end = _file.Position;
        return part with { Write = sink => Read(at, end, sink) };
    }

    /// <summary>Forgets all parts.</summary>
    public void Clear() => _file.SetLength(0);

    public void Dispose() => _file.Dispose();

    private void Read(long at, long end, ByteSink sink)
    {
        var buffer = new byte[Math.Min(1 << 20, end - at)];
        _file.Position = at;
        while (at < end)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at));
            _file.ReadExactly(piece);
            sink(piece);
            at += piece.Length;
        }
    }
}
