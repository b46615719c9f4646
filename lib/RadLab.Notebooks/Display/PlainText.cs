using System.Collections;
using System.Globalization;
using System.Text;

namespace RadLab.Notebooks;

/// <summary>A value as text: culture-free, bounded in depth and length so that a large array stays readable.</summary>
internal static class PlainText
{
    private const int MaxItems = 20;
    private const int MaxDepth = 4;

    public static string Of(object? value) => value switch
    {
        null => "<null>",
        string text => text,
        _ => Nested(value, 0),
    };

    private static string Nested(object? value, int depth)
    {
        switch (value)
        {
            case null: return "<null>";
            case string text: return text;
            case IFormattable number: return number.ToString(null, CultureInfo.InvariantCulture);
            case IEnumerable items when depth < MaxDepth && !HasOwnText(value): return List(items, depth);
            default: return value.ToString() ?? "";
        }
    }

    private static string List(IEnumerable items, int depth)
    {
        var text = new StringBuilder("[");
        int n = 0;
        foreach (object? item in items)
        {
            if (n == MaxItems)
            {
                text.Append(items is ICollection all ? FormattableString.Invariant($", ... ({all.Count - n} more)") : ", ...");
                break;
            }
            text.Append(n++ == 0 ? " " : ", ").Append(Nested(item, depth + 1));
        }
        return text.Append(n == 0 ? "]" : " ]").ToString();
    }

    // F#'s lists write three elements only
    private static bool HasOwnText(object value) => value.GetType().Namespace != "Microsoft.FSharp.Collections"
        && value.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType is { } owner && owner != typeof(object);
}
