namespace RadLab.Radiology;

/// <summary>A note with its admissible protocols.</summary>
internal sealed class ProtocolNoteFormatters
{
    private static readonly string[] s_columns = ["note", "protocols"];

    public IEnumerable<object> CreateTypeFormatters() => [new TypeFormatter<ProtocolNote>("text/html", n => PlainTable.Html(s_columns, Rows(n))), new TypeFormatter<ProtocolNote>("text/plain", n => PlainTable.Text(s_columns, Rows(n)))];

    private static List<string[]> Rows(ProtocolNote note) => [[note.Note, string.Join(" | ", note.Protocols)]];
}

/// <summary>A generated note with the rule that decides it.</summary>
internal sealed class SyntheticNoteFormatters
{
    private static readonly string[] s_columns = ["", "value"];

    public IEnumerable<object> CreateTypeFormatters() => [new TypeFormatter<SyntheticNote>("text/html", n => PlainTable.Html(s_columns, Rows(n))), new TypeFormatter<SyntheticNote>("text/plain", n => PlainTable.Text(s_columns, Rows(n)))];

    private static List<string[]> Rows(SyntheticNote note) =>
    [
        ["note", note.Note.Note], ["protocols", string.Join(" | ", note.Note.Protocols)], ["rule", note.Rule.Name], ["because", note.Rule.Because],
        ["states", string.Join(", ", note.Histories.Prepend(note.Complaint))],
    ];
}
