using System.Text;

namespace RadLab.Models;

/// <summary>From bytes to ids. The keys are Latin-1 strings, whose hash no file can be made to collide with.</summary>
internal sealed class PieceIndex
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public PieceIndex(Dictionary<string, int> ids)
    {
        _ids = ids;
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public bool TryGet(ReadOnlySpan<byte> piece, out int id)
    {
        id = -1;
        if (piece.Length > TokenTable.MaxTokenBytes) return false;
        Span<char> text = stackalloc char[piece.Length];
        Encoding.Latin1.GetChars(piece, text);
        return _lookup.TryGetValue(text, out id);
    }

    public bool TryGet(ReadOnlySpan<char> latin1, out int id) => _lookup.TryGetValue(latin1, out id);

    public bool TryGet(string latin1, out int id) => _ids.TryGetValue(latin1, out id);
}
