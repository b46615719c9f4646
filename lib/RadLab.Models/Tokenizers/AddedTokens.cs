using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>Collects added tokens of one or several files; the same token twice is fine, two tokens for one id or text are not.</summary>
internal sealed class AddedTokens
{
    // They are kept in a tree with a node for each byte.
    private const int MaxTotalBytes = 1 << 20;

    private readonly Dictionary<int, AddedToken> _byId = [];
    private readonly Dictionary<string, int> _byContent = [];
    private int _totalBytes;

    public IEnumerable<AddedToken> All => _byId.Values.OrderBy(t => t.Id);

    public int Count => _byId.Count;

    public bool TryGet(int id, out string content)
    {
        bool found = _byId.TryGetValue(id, out var token);
        content = found ? token!.Content : "";
        return found;
    }

    public void Add(AddedToken token, string file, string field)
    {
        if (token.Id < 0 || token.Id >= TokenTable.MaxTokens)
            throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"must have an id from 0 to {TokenTable.MaxTokens - 1}, got {token.Id}"));
        int bytes = Encoding.UTF8.GetByteCount(token.Content);
        if (bytes is 0 or > TokenTable.MaxTokenBytes)
            throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"must have 1 to {TokenTable.MaxTokenBytes} bytes of text, got {bytes}"));
        if (_byId.TryGetValue(token.Id, out var same) && same.Content != token.Content)
            throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture,
                $"has id {token.Id} for {CheckpointFormatException.Quote(token.Content)}, which belongs to {CheckpointFormatException.Quote(same.Content)}"));
        if (_byContent.TryGetValue(token.Content, out int id) && id != token.Id)
            throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture,
                $"has ids {id} and {token.Id} for {CheckpointFormatException.Quote(token.Content)}"));
        if ((_totalBytes += bytes) > MaxTotalBytes)
            throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxTotalBytes} bytes of text in all tokens together"));
        _byId[token.Id] = token;
        _byContent[token.Content] = token.Id;
    }
}
