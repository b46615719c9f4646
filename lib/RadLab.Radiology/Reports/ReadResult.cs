using System.Diagnostics.CodeAnalysis;

namespace RadLab.Radiology;

/// <summary>Why a record could not be read, and where: never what it said.</summary>
/// <param name="File">File name; with its folders below the data set's where each record has a file of its own.</param>
/// <param name="Line">1-based line on which the record begins.</param>
/// <param name="Reason">One sentence for people.</param>
public sealed record Rejection(string File, long Line, string Reason);

/// <summary>What a streaming reader yields: a record, or the reason why there is none. Every input record gives exactly one of them.</summary>
public readonly record struct ReadResult<T>
    where T : class
{
    public ReadResult(T value) => Value = value;

    /// <summary>A record and where it stands, for what is found wrong with it later (an id that was there before).</summary>
    public ReadResult(T value, string file, long line) => (Value, File, Line) = (value, file, line);

    public ReadResult(Rejection rejection) => (Rejection, File, Line) = (rejection, rejection.File, rejection.Line);

    /// <summary>As <see cref="Rejection.File"/>; empty where records do not come from a file.</summary>
    public string File { get; } = "";

    /// <summary>1-based line on which the record begins, or 0.</summary>
    public long Line { get; }

    public T? Value { get; }

    public Rejection? Rejection { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Rejection))]
    public bool IsRecord => Value is not null;
}
