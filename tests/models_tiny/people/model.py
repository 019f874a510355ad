def contacted(people, who):
    out = people[["units", "e_mail"]].rename(columns={"e_mail": "E.Mail"})
    both = people.merge(people, on="units")[["units", "e_mail_x", "e_mail_y"]]
    assert who in set(people["e_mail"])
    return {"contacts": out, "merged": both, "count": float(len(out))}
