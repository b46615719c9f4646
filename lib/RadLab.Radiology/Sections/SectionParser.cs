using System.Buffers;

namespace RadLab.Radiology;

/// <summary>A section of a free-text report: where its body stands in the text, without the blanks around it.</summary>
/// <param name="Heading">Where its heading begins.</param>
public readonly record struct SectionSpan(SectionKind Kind, int Heading, int Start, int Length);

/// <summary>
/// Finds the sections of a free-text report by their headings.
/// <code>
/// at the start of a line   "Findings: …", "FINDINGS - …", "Findings" alone on its line, "FINDINGS The heart …"
/// within a line            "… is clear. IMPRESSION: …", "… is clear. IMPRESSION Normal …"
/// </code>
/// A heading without a colon counts only in upper case and only before text that is not upper case too; headings of other matters (plan, medications,
/// signature) end a section. An unknown one in upper case, such as "LIVER:" or "L4-L5:", belongs to the findings or the impression in which it stands, and ends
/// a section of any other kind.
/// </summary>
public static class SectionParser
{
    /// <summary>The report with its empty sections filled from <see cref="Report.Text"/>. A section that the source gives is left as it is.</summary>
    public static Report Fill(Report report)
    {
        if (report.Text.Length == 0 || (report.Findings.Length > 0 && report.Impression.Length > 0 && report.Indication.Length > 0 && report.Technique.Length > 0 && report.Comparison.Length > 0)) return report;
        var spans = Split(report.Text);
        return report with
        {
            Exam = Or(report.Exam, SectionKind.Exam),
            Indication = Or(report.Indication, SectionKind.Indication),
            Technique = Or(report.Technique, SectionKind.Technique),
            Comparison = Or(report.Comparison, SectionKind.Comparison),
            Findings = Or(report.Findings, SectionKind.Findings),
            Impression = Or(report.Impression, SectionKind.Impression),
        };

        string Or(string given, SectionKind kind) => given.Length > 0 ? given : Text(report.Text, spans, kind);
    }

    /// <summary>The bodies of one kind, joined by line feeds where a report has several; empty where it has none.</summary>
    public static string Text(string text, IReadOnlyList<SectionSpan> spans, SectionKind kind)
    {
        string result = "";
        for (int i = 0; i < spans.Count; i++)
        {
            var span = spans[i];
            if (span.Kind != kind || span.Length == 0) continue;
            string body = text.Substring(span.Start, span.Length);
            result = result.Length == 0 ? body : $"{result}\n{body}";
        }
        return result;
    }

    /// <summary>The sections in their order. Text before the first heading belongs to none.</summary>
    public static IReadOnlyList<SectionSpan> Split(string text)
    {
        var found = new List<SectionSpan>(8);
        for (int line = 0; line < text.Length;)
        {
            int end = text.IndexOf('\n', line);
            if (end < 0) end = text.Length;
            Line(text, line, end, found);
            line = end + 1;
        }
        for (int i = 0; i < found.Count; i++)
        {
            int start = found[i].Start, end = i + 1 < found.Count ? found[i + 1].Heading : text.Length;
            // marks around a heading belong to it: "**FINDINGS:** …", "# IMPRESSION"
            while (start < end && (char.IsWhiteSpace(text[start]) || text[start] is ':' or '*')) start++;
            while (end > start && (char.IsWhiteSpace(text[end - 1]) || (i + 1 < found.Count && text[end - 1] is '#' or '*'))) end--;
            found[i] = found[i] with { Start = start, Length = end - start };
        }
        return found;
    }

    private static void Line(string text, int start, int end, List<SectionSpan> found)
    {
        int at = start;
        while (at < end && (char.IsWhiteSpace(text[at]) || text[at] is '*' or '#' or '_' or '-' or '•')) at++;
        bool begins = at < end && Heading(text, at, end, lineStart: true, out var kind, out int body) && Add(kind, at, body);
        if (!begins && at < end && found.Count > 0 && found[^1].Kind is not (SectionKind.Findings or SectionKind.Impression or SectionKind.Other) && UnknownHeading(text, at, end) is > 0 and var unknown)
            begins = Add(SectionKind.Other, at, unknown);
        int scan = begins ? found[^1].Start : at;
        while (scan < end)
        {
            // a further heading stands after a sentence, right after another heading, or in upper case before a colon
            char stop = ' ';
            int from = scan;
            if (!begins)
            {
                int offset = text.AsSpan(scan, end - scan).IndexOfAny(s_stops);
                if (offset < 0) return;
                stop = text[scan + offset];
                scan += offset + 1;
            }
            if (stop == ':')
            {
                if (Backwards(text, from, scan - 1, out kind, out int heading)) Add(kind, heading, scan);
                continue;
            }
            int word = scan;
            while (word < end && (text[word] is ' ' or '\t' or '\r')) word++;
            bool separated = begins || word > scan;
            begins = separated && word < end && char.IsAsciiLetterUpper(text[word]) && Heading(text, word, end, lineStart: false, out kind, out body) && Add(kind, word, body);
            scan = begins ? found[^1].Start : word;
        }

        bool Add(SectionKind kind, int heading, int body)
        {
            found.Add(new SectionSpan(kind, heading, body, 0));
            return true;
        }
    }

    /// <summary>Where the body of "RIGHT LEG: …" begins, or 0: upper case up to a colon.</summary>
    private static int UnknownHeading(string text, int at, int end)
    {
        int letters = 0;
        for (int i = at, last = Math.Min(end, at + SectionHeadings.MaxLength); i < last; i++)
        {
            char c = text[i];
            if (c == ':') return letters >= 2 ? i + 1 : 0;
            if (char.IsAsciiLetterLower(c) || c is '.' or ';') return 0;
            if (char.IsAsciiLetterUpper(c)) letters++;
        }
        return 0;
    }

    private static readonly SearchValues<char> s_stops = SearchValues.Create(".;!):");

    /// <summary>The longest heading in upper case that ends at a colon: "… cough FINDINGS: …".</summary>
    private static bool Backwards(string text, int from, int colon, out SectionKind kind, out int heading)
    {
        (kind, heading) = (default, colon);
        bool any = false;
        int at = colon;
        for (int words = 0; words < 5; words++)
        {
            int end = at;
            while (end > from && text[end - 1] == ' ') end--;
            int begin = end;
            while (begin > from && (char.IsAsciiLetterUpper(text[begin - 1]) || text[begin - 1] is '/' or '-')) begin--;
            if (begin == end || (begin > from && text[begin - 1] != ' ')) break;
            at = begin;
            if (SectionHeadings.TryFind(text.AsSpan(begin, colon - begin).TrimEnd(), out var longer) && longer != SectionKind.Other) (kind, heading, any) = (longer, begin, true);
        }
        return any;
    }

    private static bool Heading(string text, int at, int end, bool lineStart, out SectionKind kind, out int body)
    {
        (kind, body) = (default, at);
        if (!char.IsAsciiLetter(text[at])) return false;
        Span<char> phrase = stackalloc char[SectionHeadings.MaxLength];
        int length = 0, last = Math.Min(end, at + SectionHeadings.MaxLength), scan = at;
        bool upper = true, lowerSeen = false;
        int prefixLength = 0, prefixEnd = 0;
        SectionKind prefixKind = default;
        for (; scan < last; scan++)
        {
            char c = text[scan];
            if (c is ' ' or '\t' or '\r' or '*')
            {
                if (length > 0 && phrase[length - 1] != ' ')
                {
                    // the longest upper-case beginning that is a heading by itself, for a missing colon
                    if (!lowerSeen && SectionHeadings.TryFind(phrase[..length], out var prefix)) (prefixLength, prefixEnd, prefixKind) = (length, scan, prefix);
                    phrase[length++] = ' ';
                }
                continue;
            }
            if (!(char.IsAsciiLetterOrDigit(c) || c is '/' or '&' or '-' or '(' or ')' or '\'' or ',')) break;
            if (char.IsAsciiLetterLower(c)) (upper, lowerSeen) = (false, true);
            phrase[length++] = c == '&' ? c : char.ToUpperInvariant(c);
        }
        while (length > 0 && phrase[length - 1] == ' ') length--;
        var name = phrase[..length];
        if (scan < end && text[scan] == ':' && length > 0)
        {
            body = scan + 1;
            if (upper || lineStart ? SectionHeadings.TryFindWithColon(name, out kind) : SectionHeadings.TryFind(name, out kind)) return !IsRatio(text, body, end);
        }
        if (lineStart && scan >= end && SectionHeadings.TryFind(name, out kind) && (upper || char.IsAsciiLetterUpper(text[at])))
        {
            body = end;
            return true;
        }
        if (lineStart && name.IndexOf(" -") is > 0 and var dash && SectionHeadings.TryFind(name[..dash], out kind) && (kind is not SectionKind.Other || upper))
        {
            body = text.IndexOf('-', at + dash) + 1;
            while (body < end && text[body] == '-') body++;
            return true;
        }
        // without a colon: upper case, before text that is not
        if (prefixLength == 0 || prefixKind is SectionKind.Other or SectionKind.Exam || !RunsInto(text, prefixEnd, end)) return false;
        if (prefixLength < 4) return false;
        (kind, body) = (prefixKind, prefixEnd);
        return true;
    }

    /// <summary>"12:30" and the like are no headings.</summary>
    private static bool IsRatio(string text, int body, int end) => body < end && char.IsAsciiDigit(text[body]) && body + 1 < end && char.IsAsciiDigit(text[body + 1]) && char.IsAsciiDigit(text[body - 2]);

    /// <summary>One of the next two words has a lower-case letter, or a list begins: "IMPRESSION 1. …", "HISTORY 51-year-old …", "FINDINGS CT shows …", but not "FINDINGS CONSISTENT WITH …".</summary>
    private static bool RunsInto(string text, int at, int end)
    {
        while (at < end && text[at] == ' ') at++;
        if (at + 1 < end && char.IsAsciiDigit(text[at]) && text[at + 1] is '.' or ')') return true;
        if (at >= end || !(char.IsAsciiLetterUpper(text[at]) || char.IsAsciiDigit(text[at]))) return false;
        for (int words = 0; at < end && words < 2; at++)
        {
            if (text[at] == ' ') words++;
            else if (char.IsAsciiLetterLower(text[at])) return true;
        }
        return false;
    }
}
