using System.Globalization;

namespace RadLab.Radiology;

/// <summary>The values of one record by role, before they become a report or a note.</summary>
internal sealed class RecordFields(IReadOnlyDictionary<string, string> constants)
{
    private readonly string?[] _values = new string?[ColumnRoles.All.Count];

    public static int IndexOf(string role)
    {
        for (int i = 0; i < ColumnRoles.All.Count; i++)
            if (ColumnRoles.All[i] == role) return i;
        throw new ArgumentException($"role: must be one of {string.Join(", ", ColumnRoles.All)}, got {role}", nameof(role));
    }

    public void Clear() => Array.Clear(_values);

    public void Set(int role, string value) => _values[role] = value;

    private string? this[string role] => _values[IndexOf(role)] is { Length: > 0 } value ? value : constants.GetValueOrDefault(role);

    /// <param name="line">Names the record where no column has the role id.</param>
    public Report ToReport(string source, string file, long line, bool hasId, out string? error)
    {
        error = hasId && string.IsNullOrWhiteSpace(this[ColumnRoles.Id]) ? "has no id" : null;
        return new Report
        {
            Id = this[ColumnRoles.Id]?.Trim() ?? Number(file, line),
            Source = source,
            PatientId = this[ColumnRoles.Patient],
            Modality = this[ColumnRoles.Modality],
            Exam = this[ColumnRoles.Exam] ?? "",
            Indication = this[ColumnRoles.Indication] ?? "",
            Technique = this[ColumnRoles.Technique] ?? "",
            Comparison = this[ColumnRoles.Comparison] ?? "",
            Findings = this[ColumnRoles.Findings] ?? "",
            Impression = this[ColumnRoles.Impression] ?? "",
            Text = this[ColumnRoles.Text] ?? "",
        };
    }

    public ProtocolNote ToNote(string source, string file, long line, bool hasId, out string? error)
    {
        string[] protocols = (this[ColumnRoles.Protocol] ?? "").Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        error = hasId && string.IsNullOrWhiteSpace(this[ColumnRoles.Id]) ? "has no id" : protocols.Length == 0 ? "has no protocol" : null;
        return new ProtocolNote
        {
            Id = this[ColumnRoles.Id]?.Trim() ?? Number(file, line),
            Source = source,
            PatientId = this[ColumnRoles.Patient],
            Note = this[ColumnRoles.Note] ?? "",
            Protocols = protocols,
        };
    }

    private static string Number(string file, long line) => string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(file)}-{line}");
}
