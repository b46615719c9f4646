namespace RadLab.Radiology;

/// <summary>
/// How providers fill the two fields of an order: {complaint}, {history} (histories in a row), {age}, {sex} (F, M), {who}, {ask} (what is to be excluded).
/// </summary>
internal static class NoteWordings
{
    public static readonly Wordings WithHistory =
    [
        "Notes: {complaint}. History: {history}.", "Notes: {complaint} History: {age} {sex}, {history}", "Notes: {age} y/o {sex} with {complaint}. History: {history}.",
        "Notes: {complaint}, please eval. History: {history}", "Notes: eval {complaint}. History: {age}yo {sex}; {history}", "Notes: {who} {age} with {complaint} History: {history}.",
        "Notes: {complaint} / {history}. History: see above", "Notes: please evaluate {complaint}. History: PMH {history}", "Notes: {complaint}. History: {age} {sex} {history}.",
        "Notes: {sex} {age}, c/o {complaint}. History: {history}", "Notes: pt with {complaint}, {history}. History: per chart",
        "Notes: {age} {sex} presents w/ {complaint}. History: pt has {history}.", "Notes: reason for exam {complaint}. History: {history}", "Notes: {who} c/o {complaint}; {history}. History: as above.",
    ];

    public static readonly Wordings WithoutHistory =
    [
        "Notes: {complaint}. History: none.", "Notes: {age} {sex} with {complaint}. History:", "Notes: {complaint} History: n/a", "Notes: eval {complaint}. History: not provided",
        "Notes: {complaint}. History: {age} y/o {sex}", "Notes: {age}yo {sex}, {complaint}. History: unknown", "Notes: please eval {complaint}. History: no hx available.",
        "Notes: {sex} {age} c/o {complaint}. History: none given",
    ];
}
