namespace RadLab.Notebooks;

/// <summary>One value in several forms, the richest first: MIME type and content (text, or base64 for binary types).</summary>
public sealed class MimeBundle
{
    private readonly List<KeyValuePair<string, string>> _forms = [];

    public MimeBundle(params IEnumerable<(string MimeType, string Content)> forms)
    {
        foreach (var (mimeType, content) in forms) Add(mimeType, content);
    }

    public IReadOnlyList<KeyValuePair<string, string>> Forms => _forms;

    public string? this[string mimeType]
    {
        get
        {
            foreach (var (type, content) in _forms)
                if (type == mimeType) return content;
            return null;
        }
    }

    /// <summary>Adds a form at the end; a type that is already there keeps its first content.</summary>
    public void Add(string mimeType, string content)
    {
        if (this[mimeType] is null) _forms.Add(new(mimeType, content));
    }
}
