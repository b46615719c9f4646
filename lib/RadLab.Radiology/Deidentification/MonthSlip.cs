namespace RadLab.Radiology;

/// <summary>Months with one slip of the pen: a letter missing, doubled, wrong, or two exchanged ("Febuary", "Janaury", "Septmber").</summary>
internal static class MonthSlip
{
    private static readonly string[] s_months = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    public static bool Is(ReadOnlySpan<char> lower) => Of(lower) > 0;

    /// <summary>1 to 12, or 0 where it is no slip of a month of five and more letters.</summary>
    public static int Of(ReadOnlySpan<char> lower)
    {
        for (int m = 0; m < 12; m++)
        {
            string month = s_months[m];
            if (month.Length >= 5 && Math.Abs(month.Length - lower.Length) <= 1 && lower[0] == month[0] && OneSlip(lower, month)) return m + 1;
        }
        return 0;
    }

    private static bool OneSlip(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        int i = 0;
        while (i < a.Length && i < b.Length && a[i] == b[i]) i++;
        if (a.Length == b.Length)
        {
            if (i == a.Length) return true;
            if (a[(i + 1)..].SequenceEqual(b[(i + 1)..])) return true;
            return i + 1 < a.Length && a[i] == b[i + 1] && a[i + 1] == b[i] && a[(i + 2)..].SequenceEqual(b[(i + 2)..]);
        }
        return a.Length < b.Length ? a[i..].SequenceEqual(b[(i + 1)..]) : a[(i + 1)..].SequenceEqual(b[i..]);
    }
}
